// The demo page's two buttons.
import type {} from "../widget/src/loader/main";

document.querySelector(".copy")?.addEventListener("click", (event) => {
  const button = event.currentTarget as HTMLButtonElement;
  const line = document.getElementById("line") as HTMLElement;
  navigator.clipboard.writeText(line.textContent ?? "").then(
    () => (button.textContent = button.dataset["done"] ?? ""),
    () => getSelection()?.selectAllChildren(line), // without permission to copy, select the line
  );
});

document.querySelector(".ask")?.addEventListener("click", (event) => {
  window.klantkompas?.ask((event.currentTarget as HTMLElement).dataset["ask"] ?? "");
});
