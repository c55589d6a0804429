// Keeps the widget in the page: beside the body, which sites replace as a whole (Turbo, Astro, htmx, Livewire).

/** Adds the widget as soon as the page has a body, and again whenever it is taken out; calls back each time. */
export function mount(widget: HTMLElement, added: () => void): void {
  const keep = (): void => {
    if (!document.body || widget.isConnected) return;
    document.documentElement.append(widget);
    watch();
    added();
  };
  const observer = new MutationObserver(keep);
  const watch = (): void => {
    observer.observe(document, { childList: true });
    observer.observe(document.documentElement, { childList: true });
  };
  watch();
  keep();
}
