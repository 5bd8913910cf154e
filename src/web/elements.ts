/**
 * The element of the page with this id.
 *
 * @throws TypeError if the page has none of this type: a mistake in the page
 */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`Expected the page to have a ${type.name} with the id "${id}"`);
}
