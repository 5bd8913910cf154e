import { byId } from './elements.ts';

const THEME = 'webots-hub.theme';

/** Light or dark, as somebody has chosen it here before; as the system has it otherwise. */
export function offerThemes(): void {
  const choice = byId('theme', HTMLSelectElement);
  const apply = () => {
    document.documentElement.dataset.theme = choice.value;
  };
  choice.value = remembered() ?? '';
  if (choice.selectedIndex === -1) choice.value = '';
  apply();
  choice.addEventListener('change', () => {
    apply();
    try {
      localStorage.setItem(THEME, choice.value);
    } catch {
      // Where the browser forbids it, the choice lasts as long as the page.
    }
  });
}

/** @param link the address to copy when the button is pressed */
export function offerLink(link: () => string): void {
  const told = byId('copied', HTMLElement);
  byId('copy-link', HTMLButtonElement).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link());
      told.textContent = 'Copied.';
    } catch {
      // Browsers keep the clipboard from pages that did not come over https.
      told.textContent = `Copy this: ${link()}`;
    }
  });
}

function remembered(): string | null {
  try {
    return localStorage.getItem(THEME);
  } catch {
    // Where the browser forbids it, nothing was chosen.
    return null;
  }
}
