"""How a page looks, light and dark, wide and narrow; and the one script, which moves its sliders."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1d1d1f; --quiet: #6a6a70; --line: #e3e3e8; --soft: #f5f5f7; --accent: #1f4e79;
  --shade: #d4d4da;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141518; --ink: #e8e8ea; --quiet: #9c9ca4; --line: #2d2f35; --soft: #1c1e22; --accent: #8dbbe8;
    --shade: #000000;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 4rem 1.5rem 6rem; max-width: 63rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3 { line-height: 1.2; font-weight: 600; letter-spacing: -0.015em; margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 2.25rem; }
h2 { font-size: 1.3rem; margin-bottom: 1.1rem; }
h3 { font-size: 1rem; margin: 2rem 0 0.6rem; letter-spacing: 0; }
h2 + h3 { margin-top: 0; }
section { margin-top: 4rem; }
p { margin: 0; }
.about { margin-top: 0.5rem; color: var(--quiet); overflow-wrap: anywhere; }
.note { margin: -0.6rem 0 1.2rem; color: var(--quiet); font-size: 0.9rem; max-width: 42rem; }
.state { margin-top: 1.75rem; padding: 0.9rem 1.1rem; border-radius: 0.6rem; background: var(--soft); }
.state progress { display: block; width: 100%; height: 0.4rem; margin-top: 0.7rem; accent-color: var(--accent); }
.warnings { margin-top: 1.75rem; padding: 0.9rem 1.1rem; border-left: 0.25rem solid #c4741b; background: var(--soft); }
.warnings ul { margin: 0; padding-left: 1.1rem; }
.facts {
  display: flex; flex-wrap: wrap; gap: 1.5rem 3.25rem;
  margin: 2.25rem 0 0; padding-top: 1.5rem; border-top: 1px solid var(--line);
}
.facts dt { color: var(--quiet); font-size: 0.85rem; }
.facts dd { margin: 0.15rem 0 0; font-size: 1.3rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.facts dd { overflow-wrap: anywhere; }
.facts dd.remark { margin-top: 0; color: var(--quiet); font-size: 0.85rem; line-height: 1.5; }
.facts dd + dd.remark { margin-top: 0.25rem; }
.facts dd.remark + dd.remark { margin-top: 0; }
.scroll {
  overflow-x: auto;
  background:
    linear-gradient(to right, var(--ground) 40%, transparent) left / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--ground) 40%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / 0.7rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / 0.7rem 100% no-repeat scroll;
}
.scroll:focus-visible, pre:focus-visible, summary:focus-visible, input:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 3px;
}
img { display: block; width: 100%; height: auto; }
img.pixels { image-rendering: pixelated; }
.strip { font-size: 0.85rem; }
.captions { display: grid; margin-bottom: 0.4rem; text-align: center; }
.captions span { padding: 0 0.2rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.control { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.25rem; margin-bottom: 1.1rem; }
.control output { min-width: 7.5rem; font-variant-numeric: tabular-nums; }
.control input { flex: 1 1 14rem; max-width: 34rem; height: 1.75rem; margin: 0; accent-color: var(--accent); }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 0.5rem 0 0.5rem 2rem; text-align: right; font-weight: 400; border-bottom: 1px solid var(--line); }
th:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--quiet); font-size: 0.85rem; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 0; }
tr.own > * { font-weight: 600; }
details { border-top: 1px solid var(--line); }
details:last-child { border-bottom: 1px solid var(--line); }
summary { padding: 0.85rem 0; cursor: pointer; font-weight: 600; }
pre {
  margin: 0 0 1.25rem; padding: 1rem 1.1rem; overflow-x: auto; border-radius: 0.6rem; background: var(--soft);
  font: 0.82rem/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  img.plot { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
  img.paper { padding: 0.6rem; background: #ffffff; border-radius: 0.6rem; }
}
@media (max-width: 40rem) {
  body { padding: 2rem 1.1rem 4rem; }
  h1 { font-size: 1.7rem; }
  section { margin-top: 3rem; }
  .facts { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem 1.5rem; }
  .facts dd { font-size: 1.15rem; }
  th, td { padding-left: 1.4rem; }
}
@media print { .control input { display: none; } }
"""

SCRIPT = """
for (const box of document.querySelectorAll(".slider")) {
  const input = box.querySelector("input"), said = box.querySelector("output");
  const frames = [...box.querySelectorAll(".frame")];
  if (!input) continue;
  const show = () => {
    frames.forEach((frame, number) => { frame.hidden = number !== Number(input.value); });
    said.textContent = frames[input.value].dataset.name;
    input.setAttribute("aria-valuetext", said.textContent);
  };
  input.addEventListener("input", show);
  input.hidden = false;
  show();
}
"""
