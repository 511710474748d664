"""Looks of the plots and of the report. Colours differ for the colour-blind too, and none says a thing alone."""

LIGHT = (
    "--ink:#1b2432;--muted:#566172;--line:#dfe3ea;--card:#fff;--heat:#0072b2;"
    "--m0:#0072b2;--m1:#d55e00;--m2:#00805c;--m3:#b0508c;--m4:#7a5c00;--m5:#5b3fa0;--m6:#4d4d4d;--m7:#a01818"
)
DARK = (
    "--ink:#e6e9ee;--muted:#a6b0bf;--line:#39404c;--card:#1b212b;--heat:#56b4e9;"
    "--m0:#56b4e9;--m1:#f0a04b;--m2:#3ccb9b;--m3:#e59ac6;--m4:#e6c84a;--m5:#b7a3f5;--m6:#c4c4c4;--m7:#ff8f80"
)
# For whatever the plots stand in; it has to give the variables above.
PLOTS = (
    ".plot{width:100%;max-width:60rem;min-width:600px;height:auto;fill:var(--ink);font-family:inherit}"
    + "".join(f".plot .m{number}{{--c:var(--m{number})}}" for number in range(8))
    + ".plot .mark{fill:var(--c);stroke:var(--card);stroke-width:1}"
    ".plot .whisker{stroke:var(--c);stroke-width:2}.plot .curve{fill:none;stroke:var(--c);stroke-width:2}"
    ".plot .grid{stroke:var(--line);stroke-width:1}.plot .front{fill:none;stroke:var(--muted);stroke-dasharray:5 4}"
    ".plot .name{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}"
    ".plot .guess{stroke:var(--muted);stroke-dasharray:2 4}.plot :is(.tick,.axis,.note){fill:var(--muted)}"
    ".plot .cell{stroke:var(--card);stroke-width:2}.plot .big{fill-opacity:.55;stroke:var(--c)}"
    ".plot .area{fill:var(--c);fill-opacity:.18;stroke:var(--c);stroke-width:2}.plot .dashed{stroke-dasharray:6 3}"
)
# For the page, whose dark is a class: what holds plots there has the class libra-plots.
ON_PAGE = f".libra-plots{{overflow-x:auto;{LIGHT}}}.dark .libra-plots{{{DARK}}}{PLOTS}"
# The report would be safe without: this makes the browser refuse whatever slipped through.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
PAGE = (
    f":root{{color-scheme:light dark;{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"
    "body{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem;background:var(--card);color:var(--ink);"
    "font:15px/1.5 Inter,system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "overflow-wrap:anywhere}"
    "h1{font-size:1.6rem}h2{margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:1.25rem}"
    "h3{margin:1.75rem 0 .25rem;font-size:1.02rem}p,ul{margin:.5rem 0}"
    ".muted,summary{color:var(--muted);font-size:.87rem}"
    ".wide{overflow-x:auto}table{margin:.5rem 0;border-collapse:collapse;font-size:.87rem;"
    "font-variant-numeric:tabular-nums}th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top}th{white-space:nowrap}.n{text-align:right;white-space:nowrap}td{overflow-wrap:normal}"
    ".warning{border-left:4px solid var(--m1);padding-left:.75rem}"
)
