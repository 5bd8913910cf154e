import { LONGEST_XML } from './bounds.ts';

/** The elements of a `model:` or `node:` message, or what is wrong with it. */
export function readSceneXml(xml: string): { readonly elements: readonly Element[]; readonly trouble?: string } {
  if (xml.trim() === '') return { elements: [] };
  if (xml.length > LONGEST_XML) {
    return { elements: [], trouble: `Expected a scene of at most ${LONGEST_XML} characters, got ${xml.length}` };
  }
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const mistake = document.querySelector('parsererror');
  if (mistake !== null) return { elements: [], trouble: `Expected a scene in XML, got: ${firstLine(mistake)}` };
  const root = document.querySelector('Scene, nodes');
  if (root === null) {
    return { elements: [], trouble: `Expected an element "Scene", got "${document.documentElement.tagName}"` };
  }
  return { elements: [...root.children] };
}

function firstLine(mistake: Element): string {
  const lines = (mistake.textContent ?? '').split('\n').map((line) => line.trim());
  return lines.find((line) => /^error/.test(line)) ?? lines[0] ?? '';
}

/** Collision shapes, which are not drawn. */
export function isBoundingObject(element: Element): boolean {
  return element.getAttribute('role') === 'boundingObject';
}

/** The first child with one of these tags that is to be seen. */
export function childOf(element: Element, tags: ReadonlySet<string>): Element | undefined {
  return [...element.children].find((child) => tags.has(child.tagName) && !isBoundingObject(child));
}
