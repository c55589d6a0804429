// The demo pages: their buttons, and on one of them links that replace the body of the page, as Turbo does.
import type {} from "../widget/src/loader/main";

/** Milliseconds for which a button says that it has copied. */
const SAYS_COPIED_FOR = 4000;

function copyLine(button: HTMLButtonElement): void {
  const line = document.getElementById("line") as HTMLElement;
  const told = document.querySelector(".copied");
  navigator.clipboard.writeText(line.textContent ?? "").then(
    () => {
      if (told) told.textContent = button.dataset["done"] ?? "";
      setTimeout(() => told && (told.textContent = ""), SAYS_COPIED_FOR);
    },
    () => getSelection()?.selectAllChildren(line), // without permission to copy, select the line
  );
}

async function swap(address: string): Promise<void> {
  const page = await (await fetch(address)).text();
  const { title, body } = new DOMParser().parseFromString(page, "text/html");
  document.title = title;
  document.body.replaceWith(document.adoptNode(body));
  scrollTo(0, 0);
}

addEventListener("popstate", () => {
  if (document.querySelector("[data-swap]") && !location.hash) void swap(location.href);
});

addEventListener("click", (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>("a[data-swap]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    history.pushState(null, "", link.href);
    void swap(link.href);
  } else if (target.closest(".copy")) copyLine(target.closest(".copy") as HTMLButtonElement);
  else if (target.closest(".agree")) target.closest(".cookies")?.remove();
  else if (target.closest(".ask")) window.klantkompas?.ask(target.closest<HTMLElement>(".ask")?.dataset["ask"] ?? "");
});
