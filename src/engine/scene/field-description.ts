/** A value of a field that is no node. A vector, a colour or a list is an array. */
export type FieldValue = number | boolean | string | readonly number[] | readonly string[];

/** What a field may hold, and what it holds where the world does not say. */
export type FieldDescription =
  | { readonly kind: 'number'; readonly value: number; readonly isPositive: boolean }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** As many numbers as the default has. */
  | { readonly kind: 'vector'; readonly value: readonly number[]; readonly isPositive: boolean }
  | { readonly kind: 'numbers'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  /** One node or a list of them, each of a described type; none by default. */
  | { readonly kind: 'nodes' };

export function number(value: number): FieldDescription {
  return { kind: 'number', value, isPositive: false };
}

/** A number above zero; Webots, too, takes the default for any other. */
export function positive(value: number): FieldDescription {
  return { kind: 'number', value, isPositive: true };
}

export function boolean(value: boolean): FieldDescription {
  return { kind: 'boolean', value };
}

export function string(value: string): FieldDescription {
  return { kind: 'string', value };
}

export function vector(...value: number[]): FieldDescription {
  return { kind: 'vector', value, isPositive: false };
}

/** A vector whose numbers are all above zero. */
export function size(...value: number[]): FieldDescription {
  return { kind: 'vector', value, isPositive: true };
}

export function numbers(...value: number[]): FieldDescription {
  return { kind: 'numbers', value };
}

export function strings(...value: string[]): FieldDescription {
  return { kind: 'strings', value };
}

export function nodes(): FieldDescription {
  return { kind: 'nodes' };
}
