/** `changes` laid over `base`: objects merge, everything else is replaced, and `null` removes. RFC 7396. */
export function mergeJson(base: unknown, changes: unknown): unknown {
  if (!isObject(changes)) return changes;
  const merged: Record<string, unknown> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeJson(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
