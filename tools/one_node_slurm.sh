#!/bin/sh
# A SLURM cluster of one node, this machine, for as long as a command runs in it.
#
#     apt-get install slurmctld slurmd slurm-client munge
#     tools/one_node_slurm.sh sinfo
#     tools/one_node_slurm.sh .venv/bin/widesym run meanfield/rmd-strong-start --profile quick --cluster slurm \
#         -- --slurm-status-command squeue
#
# Debian's packages, without systemd: munged, slurmctld and slurmd run from a folder of their own with a key of their
# own, and are stopped at the end. Needs root, as slurmd does, and for that time a link /etc/slurm/slurm.conf, since
# job steps are started without SLURM_CONF; where there is one already, nothing is done. There is no accounting, so
# Snakemake has to ask squeue how jobs are; there are no GPUs. MEMORY (in MB; default: the node's) is what jobs share.
set -eu

[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
for daemon in munged slurmctld slurmd; do
    [ -x "/usr/sbin/$daemon" ] || {
        echo "one_node_slurm: no /usr/sbin/$daemon: apt-get install slurmctld slurmd slurm-client munge" >&2
        exit 2
    }
done
[ "$(id -u)" = 0 ] || { echo "one_node_slurm: slurmd needs root" >&2; exit 2; }

if [ -e /etc/slurm/slurm.conf ] || [ -L /etc/slurm/slurm.conf ]; then
    echo "one_node_slurm: /etc/slurm/slurm.conf exists: this machine has a SLURM, which is left alone" >&2
    exit 2
fi

state=$(mktemp -d /tmp/slurm.XXXXXX)   # a socket's path must be short
host=$(hostname -s)
stop() {
    [ -z "${squeue_left:-}" ] || scancel --user="$(id -un)" 2>/dev/null || true
    for daemon in slurmd slurmctld munged; do
        [ ! -f "$state/$daemon.pid" ] || kill "$(cat "$state/$daemon.pid")" 2>/dev/null || true
    done
    sleep 1
    rm -f /etc/slurm/slurm.conf
    [ -n "${KEEP:-}" ] || rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT TERM

chmod 711 "$state"
mkdir "$state/save" "$state/spool"
( umask 077; head -c 128 /dev/urandom >"$state/munge.key" )
# 22.05, Debian 12's, wants some cgroup plugin even where none is used; from 23.11 on it can be disabled
case $(/usr/sbin/slurmctld -V) in
    "slurm 2"[0-2].*|"slurm-wlm 2"[0-2].*|"slurm 23.02"*|"slurm-wlm 23.02"*) groups=cgroup/v1 ;;
    *) groups=disabled ;;
esac
echo "CgroupPlugin=$groups" >"$state/cgroup.conf"
memory=${MEMORY:-$(/usr/sbin/slurmd -C | sed -n 's/.*RealMemory=\([0-9]*\).*/\1/p')}
cat >"$state/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$state/munge.socket
SlurmctldPort=17817
SlurmdPort=17818
StateSaveLocation=$state/save
SlurmdSpoolDir=$state/spool
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# a job over its memory is killed
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
ReturnToService=2
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=cpu Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
mkdir -p /etc/slurm
ln -s "$state/slurm.conf" /etc/slurm/slurm.conf
export SLURM_CONF="$state/slurm.conf"

/usr/sbin/munged --socket="$state/munge.socket" --key-file="$state/munge.key" --seed-file="$state/munge.seed" \
    --log-file="$state/munged.log" --pid-file="$state/munged.pid" --force 2>>"$state/munged.log"
/usr/sbin/slurmctld
/usr/sbin/slurmd
tries=0
until [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; do
    tries=$((tries + 1))
    if [ $tries -gt 30 ]; then
        echo "one_node_slurm: the node does not come up; the daemons said:" >&2
        tail -n 5 "$state/slurmctld.log" "$state/slurmd.log" >&2
        exit 1
    fi
    sleep 1
done
squeue_left=1
"$@"
