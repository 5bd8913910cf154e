/** `h:mm:ss.mmm` of simulated milliseconds. */
export function simulatedTime(milliseconds: number): string {
  const whole = Math.max(0, Math.floor(milliseconds));
  const part = (value: number, digits: number) => String(value).padStart(digits, '0');
  const seconds = Math.floor(whole / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${part(minutes % 60, 2)}:${part(seconds % 60, 2)}.${part(whole % 1000, 3)}`;
}
