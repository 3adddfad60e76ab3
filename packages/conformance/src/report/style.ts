// The style sheet of the HTML report: light and dark, wide and narrow.
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#5b6672;--line:#dfe3e8;--card:#f6f8fa;--pass:#1a7f37;--fail:#b3261e;
--warn:#8a6100;--t0:#d9f2e0;--t1:#e9f5d8;--t2:#fbf3cf;--tf:#fbd5d2;--ts:#eceff2;--bar:#4f7fd9;--exact:#3a9d5d}
@media(prefers-color-scheme:dark){:root{--bg:#12161b;--fg:#e6e9ed;--soft:#9aa5b1;--line:#2d343c;--card:#1a2027;--pass:#5fd08a;
--fail:#ff8a80;--warn:#e3b341;--t0:#153524;--t1:#26351a;--t2:#3a3314;--tf:#4d1f1c;--ts:#232a32;--bar:#6f9cf0;--exact:#4fbf78}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:76rem;margin:0 auto;padding:1.2rem}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:1.2rem 0 .4rem}
p{margin:.4rem 0;max-width:70ch}.soft{color:var(--soft)}
.badge{display:inline-block;padding:.1rem .6rem;border-radius:1rem;font-size:.9rem;font-weight:600;vertical-align:.2rem;margin-left:.4rem;color:var(--bg)}
.badge.pass{background:var(--pass)}.badge.fail{background:var(--fail)}.badge.part{background:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .8rem}
.tile b{display:block;font-size:1.35rem;line-height:1.3}.tile span{color:var(--soft);font-size:.85rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .7rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}
tr:last-child>*{border-bottom:0}thead th{background:var(--card);font-size:.85rem;color:var(--soft)}
th[scope=row]{font-weight:500;white-space:nowrap;position:sticky;left:0;background:var(--bg)}
tr.group th{background:var(--card);color:var(--soft);font-size:.85rem}
th a{color:inherit;text-decoration:none;border-bottom:1px dotted var(--soft)}
td.num,th.num{text-align:right;white-space:nowrap}
th[scope=row]{width:1%}td.cell{min-width:10rem}.cell>div{display:flex;align-items:center;gap:.8rem}.cell .state{font-weight:600;white-space:nowrap;flex:1}
.cell .worst{white-space:nowrap;text-align:right;min-width:7.2rem}.cell svg{height:1.3rem;width:7rem;opacity:.85}
.w0{background:var(--t0)}.w1{background:var(--t1)}.w2{background:var(--t2)}
.wf{background:var(--tf)}.ws{background:repeating-linear-gradient(135deg,var(--ts) 0 6px,var(--bg) 6px 12px)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem .8rem;margin:.6rem 0;font-size:.85rem}.legend span{padding:.1rem .5rem;border-radius:.3rem;border:1px solid var(--line)}
.passed{color:var(--pass)}.failed{color:var(--fail)}.skipped{color:var(--soft)}
details{border:1px solid var(--line);border-radius:.5rem;margin:.4rem 0;background:var(--bg)}
summary{cursor:pointer;padding:.45rem .8rem;display:flex;gap:.8rem;align-items:center;justify-content:space-between}
summary::before{content:'\\25B8';color:var(--soft)}details[open]>summary::before{content:'\\25BE'}
summary .name{flex:1;font-weight:500}summary svg{height:1.4rem;width:8rem}.inside{padding:.2rem .9rem .8rem}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1.2rem;align-items:start}
svg.histogram{max-width:100%}.inside svg.histogram{width:100%;max-width:24rem}
svg text{font-size:11px;fill:var(--soft)}svg .within{fill:var(--bar)}svg .exact{fill:var(--exact)}svg .beyond{fill:var(--fail)}
svg .limit{stroke:var(--fail);stroke-dasharray:3 3}svg .base{stroke:var(--line)}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem;margin:.4rem 0;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:.4rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:.3rem 0;padding-left:1.3rem}li{overflow-wrap:anywhere}
@media(max-width:640px){main{padding:.8rem}.pair{grid-template-columns:1fr}th,td{padding:.3rem .45rem}td.cell{min-width:7.5rem}
.tiles{grid-template-columns:repeat(auto-fit,minmax(6.5rem,1fr))}.cell>div{display:block}.cell svg{display:none}.cell .worst{display:block;text-align:left}.cell .state{white-space:normal}
th[scope=row]{white-space:normal;overflow-wrap:anywhere;min-width:7rem;max-width:9rem;width:auto}summary svg{width:5rem}}
@media print{details>*{display:block}}
`
