import { AppError } from '../errors.ts';
import { parseWorldUrl, type WorldUrl } from './world-url.ts';

/** How many leading segments (host, owner, repository) git hosts compare without regard to case. */
const CASELESS_SEGMENTS = 3;

/** Position of `blob`, `tree` or `raw`, which name the same files. */
const KIND_SEGMENT = 3;

/**
 * The segments of a URL prefix: host, owner, repository, kind, ref and folder, as far as it has them.
 *
 * A scheme, slashes too many and `.git` after the repository make no difference, nor does percent-encoding.
 */
export function prefixSegments(prefix: string): string[] {
  const segments = prefix
    .trim()
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, '')
    .replace(/\/+$/, '')
    .replace(/^((?:[^/]+\/+){3}(?:blob|tree|raw)\/+)refs\/+(?:heads|tags)\/+(?=[^/])/, '$1')
    .split(/\/+/)
    .map(decodeLeniently);
  return segments.map((segment, index) => comparable(index === 2 ? segment.replace(/\.git$/i, '') : segment, index));
}

/** The segments of a world's URL, in the form of {@link prefixSegments}. */
export function worldSegments(world: WorldUrl): string[] {
  const { ref, folder, world: file } = world.readings[0];
  const path = folder === '' ? [] : folder.split('/');
  return [world.host, world.owner, world.repository, 'blob', ref, ...path, 'worlds', file].map(comparable);
}

/** The segments of a URL that may name no world: those of the world, or, where it names none, of the URL as it stands. */
export function urlSegments(url: string): string[] {
  try {
    return worldSegments(parseWorldUrl(url));
  } catch (error) {
    if (error instanceof AppError && error.code === 'urlMalformed') return prefixSegments(url);
    throw error;
  }
}

/** Whether `prefix` is the beginning of `segments`, whole segments only; an empty prefix is the beginning of nothing. */
export function isPrefix(prefix: readonly string[], segments: readonly string[]): boolean {
  return prefix[0] !== '' && prefix.every((segment, index) => segment === segments[index]);
}

function comparable(segment: string, index: number): string {
  if (index < CASELESS_SEGMENTS) return segment.toLowerCase();
  if (index === KIND_SEGMENT) return ['tree', 'raw'].includes(segment) ? 'blob' : segment;
  return segment;
}

function decodeLeniently(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A percent sign that encodes nothing stands for itself, and matches no world's URL, which has none.
    return segment;
  }
}
