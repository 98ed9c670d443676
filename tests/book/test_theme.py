"""Repairs of what the theme writes; the browser tests see their effect on a built book."""

from types import SimpleNamespace

from widesym.book.sphinx import theme


def repaired(**context):
    theme.repair(None, "page", "page.html", context, None)
    return context


def test_thebe_is_left_out_by_name_and_by_what_it_sets():
    def script(filename, **attributes):
        return SimpleNamespace(filename=filename, attributes=attributes)

    kept = [script("_static/doctools.js"), script(None, body="let toggle = 1"), "_static/plain.js"]
    dropped = [script("_static/sphinx-thebe.js"), script(None, body='const THEBE_JS_URL = "…"')]
    after = repaired(script_files=[*dropped, *kept], css_files=["_static/sphinx-thebe.css", "_static/a.css"])
    assert after["script_files"] == kept and after["css_files"] == ["_static/a.css"]


def test_an_unset_theme_is_the_systems():
    assert repaired()["default_mode"] == "auto"


def test_references_are_no_list_without_items():
    entry = '<div class="citation" id="id4" role="doc-biblioentry">A</div>'
    body = f'<div role="list" class="citation-list">\n{entry}'
    after = repaired(body=body)["body"]
    assert after == '<div class="citation-list">\n<div class="citation" id="id4">A</div>'
    assert "body" not in repaired()


def test_wide_figure_needs_no_contents_to_step_aside():
    body = '<figure class="full-width align-default" id="full-width"><figure class="a full-width">'
    assert repaired(body=body, display_toc=True)["body"] == body
    alone = body.replace('"full-width align', '"widesym-full-width align').replace("a full", "a widesym-full")
    assert repaired(body=body, display_toc=False)["body"] == alone


def test_signature_of_several_lines_is_no_list():
    dl = "<dl>\n<dd><em>x</em>,</dd>\n<dd><em>y</em>,</dd>\n</dl>"
    terms = "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>"
    after = repaired(body=f"<dt>f({dl})</dt>{terms}")["body"]
    lines = '<div class="widesym-parameters">\n<div><em>x</em>,</div>\n<div><em>y</em>,</div>\n</div>'
    assert after == f"<dt>f({lines})</dt>{terms}"
