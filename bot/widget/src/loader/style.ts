// Used in a constructed style sheet, which even the strictest Content-Security-Policy of a host page allows.
export const style = `
:host { all: initial !important; direction: ltr !important; }
* { box-sizing: border-box; font: 16px/1.4 system-ui, sans-serif; }
[hidden] { display: none !important; }
button { cursor: pointer; }
.root {
  inset: 0 auto auto 0; inline-size: 0; block-size: 0; margin: 0; padding: 0; border: 0; overflow: visible;
  background: none; color-scheme: var(--scheme);
}
.launcher, .invitation, dialog { position: fixed; z-index: 2147483000; }
.launcher {
  inset-block-end: calc(20px + var(--offset)); inset-inline-end: 20px; inline-size: 60px; block-size: 60px; padding: 0;
  border: 2px solid #fff; border-radius: 50%; background: var(--accent); color: var(--on-accent);
  box-shadow: 0 4px 16px #0005; display: grid; place-items: center; transition: transform .15s;
}
.launcher:hover { transform: scale(1.06); }
:focus-visible { outline: 3px solid #fff; outline-offset: 0; box-shadow: 0 0 0 6px #111; }
svg { inline-size: 28px; block-size: 28px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.badge {
  position: absolute; inset-block-start: -6px; inset-inline-end: -6px; min-inline-size: 24px; padding: 0 6px;
  border: 2px solid #fff; border-radius: 14px; background: #b3261e; color: #fff; font-size: 13px; line-height: 20px; text-align: center;
}
.invitation {
  inset-block-end: calc(92px + var(--offset)); inset-inline-end: 20px; max-inline-size: min(280px, calc(100vw - 40px)); display: flex; gap: 4px;
  border-radius: 14px; background: light-dark(#fff, #24292a); color: light-dark(#1c1c1c, #eef2f1);
  border: 1px solid light-dark(#0001, #fff3); box-shadow: 0 4px 20px #0004; padding: 4px;
}
.invitation button { border: 0; background: none; color: inherit; border-radius: 12px; text-align: start; padding: 10px; }
.invitation .dismiss { min-inline-size: 36px; align-self: start; text-align: center; }
dialog {
  inset: auto 20px calc(92px + var(--offset)) auto; inline-size: 400px; block-size: min(680px, calc(100dvh - 112px - var(--offset))); margin: 0; padding: 0;
  max-inline-size: none; max-block-size: none; border: 1px solid #0002; border-radius: 16px; overflow: hidden; background: light-dark(#fbfcfc, #1a1e1f); color: light-dark(#1b2322, #eef2f1);
  box-shadow: 0 12px 40px #0005;
}
.left .launcher, .left .invitation { inset-inline: 20px auto; }
.left dialog { inset: auto auto calc(92px + var(--offset)) 20px; }
dialog::backdrop { background: none; }
iframe { inline-size: 100%; block-size: 100%; border: 0; display: block; color-scheme: var(--scheme); }
.ready .cover, dialog:not(.ready) iframe { visibility: hidden; }
.cover { position: absolute; inset: 0; display: grid; grid-template-rows: auto 1fr; }
header { display: flex; align-items: center; gap: 4px; padding: 10px 10px 10px 16px; background: var(--accent); color: var(--on-accent); }
header div { flex: 1; display: grid; }
header b { font-size: 17px; line-height: 1.3; font-weight: 650; }
header span { font-size: 14px; line-height: 1.3; }
.cross { display: grid; place-items: center; inline-size: 40px; block-size: 40px; padding: 0; border: 0; border-radius: 10px; background: none; color: inherit; }
.cross svg { inline-size: 22px; block-size: 22px; stroke-width: 2.4; }
.loading { margin: auto; opacity: .8; }
.failed { display: grid; place-content: center; gap: 12px; padding: 24px; text-align: center; }
.loading:has(+ .failed:not([hidden])) { display: none; }
.failed p { margin: 0 0 4px; }
.failed button { padding: 10px 16px; border-radius: 12px; border: 1px solid; background: none; color: inherit; }
.failed .again { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: rise .16s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
}
@media (prefers-reduced-motion: reduce) { .launcher { transition: none; } .launcher:hover { transform: none; } }
@media (max-width: 520px), (max-height: 480px) {
  dialog, .left dialog { inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: var(--height, 100dvh); border: 0; border-radius: 0; }
}
@media print { :host { display: none !important; } }
`;
