// Used in a constructed style sheet, which even the strictest Content-Security-Policy of a host page allows.
export const style = `
:host { all: initial; }
* { box-sizing: border-box; font: 16px/1.4 system-ui, sans-serif; }
[hidden] { display: none !important; }
button { cursor: pointer; }
.launcher, .invitation, dialog { position: fixed; z-index: 2147483000; }
.launcher {
  inset-block-end: 20px; inset-inline-end: 20px; inline-size: 60px; block-size: 60px; padding: 0;
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
  inset-block-end: 92px; inset-inline-end: 20px; max-inline-size: min(280px, calc(100vw - 40px)); display: flex; gap: 4px;
  border-radius: 14px; background: #fff; color: #1c1c1c; box-shadow: 0 4px 20px #0004; padding: 4px;
}
.invitation button { border: 0; background: none; color: inherit; border-radius: 12px; text-align: start; padding: 10px; }
.invitation .dismiss { min-inline-size: 36px; align-self: start; text-align: center; }
dialog {
  inset: auto 20px 92px auto; inline-size: 400px; block-size: min(680px, calc(100dvh - 112px)); margin: 0; padding: 0;
  max-inline-size: none; max-block-size: none; border: 1px solid #0002; border-radius: 16px; overflow: hidden; background: Canvas; color: CanvasText;
  box-shadow: 0 12px 40px #0005; color-scheme: var(--scheme);
}
.left .launcher, .left .invitation { inset-inline: 20px auto; }
.left dialog { inset: auto auto 92px 20px; }
dialog::backdrop { background: none; }
iframe { inline-size: 100%; block-size: 100%; border: 0; display: block; color-scheme: var(--scheme); }
.failed { position: absolute; inset: 0; display: grid; place-content: center; gap: 16px; padding: 24px; background: Canvas; text-align: center; }
.failed button { padding: 10px 16px; border-radius: 10px; border: 1px solid; background: none; color: inherit; }
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: rise .16s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
}
@media (prefers-reduced-motion: reduce) { .launcher { transition: none; } .launcher:hover { transform: none; } }
@media (max-width: 520px), (max-height: 480px) {
  dialog, .left dialog { inset: 0; inline-size: 100%; block-size: 100dvh; border: 0; border-radius: 0; }
}
@media print { :host { display: none; } }
`;
