"""From pages to executed notebooks, each once, in order, here or on a cluster.

- `keys`: what an executed page depends on, as a digest;
- `compilation`: machine code, compiled once for all processes of a build;
- `part`: one part of a computation as a job, `underway`: what another process computes;
- `execute`: page to executed notebook, published atomically;
- `workflow`: the order of all that, under Snakemake;
- `freshness`: time stamps put right where the contents know better;
- `jobs`: the processes of a build, ended when nobody waits for them;
- `cluster`: what a user says of one, `plan`: what a build will cost, `logs`: what became of its jobs.
"""
