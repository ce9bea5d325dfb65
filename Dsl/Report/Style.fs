namespace Vantage

/// How pages look on a desktop, on a phone and on paper.
module internal Style =
    /// The style sheet of every page.
    let sheet =
        """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 16px 20px 48px; background: #fafaf8; color: #222228;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 12px 0; }
h2 { font-size: 1.15rem; margin: 32px 0 8px; border-bottom: 1px solid #e0e0dc; padding-bottom: 4px; }
.warnings { border-left: 4px solid #d55e00; background: #fff3e8; padding: 8px 14px; margin: 14px 0; }
.notes { border-left: 4px solid #0072b2; background: #eef5fb; padding: 8px 14px; margin: 14px 0; }
.warnings p, .notes p { margin: 4px 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 8px 20px; margin: 8px 0; }
dt { color: #5a5a62; font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; background: #fff; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 14px; border: 1px solid #e0e0dc; text-align: right; white-space: nowrap; }
td.text { text-align: left; white-space: normal; min-width: 240px; }
th { background: #f1f1ed; } th:first-child, td:first-child { text-align: left; }
figure { margin: 0 0 16px; }
figcaption { font-size: .9rem; color: #44444c; margin: 2px 0 4px; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 12px; }
.panel { background: #fff; border: 1px solid #e0e0dc; border-radius: 4px; padding: 8px; min-width: 0; }
.panel figcaption { font-weight: 600; text-align: center; }
.plot { overflow: hidden; }
.picture { overflow-x: auto; }
pre { background: #fff; border: 1px solid #e0e0dc; border-radius: 4px; padding: 12px; white-space: pre-wrap;
  overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (max-width: 600px) {
  body { padding: 8px 12px 32px; }
  th, td { padding: 4px 8px; font-size: .85rem; }
}
@media print {
  th, td { padding: 3px 6px; font-size: 8.5pt; white-space: normal; }
  td.text { min-width: 0; }
  body { background: #fff; padding: 0; font-size: 11pt; max-width: none; }
  .panels { display: block; }
  .panel, .picture, tr, .warnings, .notes, dl > div { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide, .picture { overflow: visible; }
  .plot { height: auto !important; }
  .modebar { display: none !important; }
}
"""
