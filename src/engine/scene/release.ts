const RELEASE = /^R(\d{4})([a-z])/;

/**
 * Whether the first release came before the second one. What is no release of
 * the scheme `R2025a`, such as the older `V8.6`, counts as before all that are.
 */
export function isReleaseBefore(version: string, release: string): boolean {
  const [, year, letter] = RELEASE.exec(version) ?? [];
  const [, thatYear, thatLetter] = RELEASE.exec(release) ?? [];
  if (thatYear === undefined || thatLetter === undefined) return false;
  if (year === undefined || letter === undefined) return true;
  return year === thatYear ? letter < thatLetter : year < thatYear;
}
