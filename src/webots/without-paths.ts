/** A slash that begins a path, not the second one of `http://`, with all parts of the path but the last. */
const FOLDERS = /(?<![\p{L}\p{N}_/])\/(?:[\p{L}\p{N}_.@%+ -]*[\p{L}\p{N}_.@%+-]\/)+/gu;

/** Leaves of every absolute path its last part: clients are strangers. */
export function withoutPaths(text: string): string {
  return text.replaceAll('file://', '').replace(FOLDERS, '');
}
