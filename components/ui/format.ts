const locale = 'en';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 1234.5 -> "1.23 s", 87.2 -> "87 ms", 3.21 -> "3.2 ms" */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${whole.format(ms)} ms` : `${tenths.format(ms)} ms`;
}

/** Guest instructions in millions: 45_300_000 -> "45.3 Mi" */
export function formatInstructions(instructions: number): string {
  return `${tenths.format(instructions / 1e6)} Mi`;
}

/** Decimal megabytes, as downloads are counted: 5_480_000 -> "5.5 MB" */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e6) return `${tenths.format(bytes / 1e6)} MB`;
  if (bytes >= 1e3) return `${whole.format(bytes / 1e3)} kB`;
  return `${whole.format(bytes)} B`;
}
