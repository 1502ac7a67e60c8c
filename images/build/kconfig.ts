// Kconfig's file format: https://docs.kernel.org/kbuild/kconfig.html

/** Lines of a fragment that are not true of the final configuration: unknown, or forbidden by their dependencies. */
export function lostSettings(fragment: string, config: string): string[] {
  const final = settingsOf(config);
  return [...settingsOf(fragment)].flatMap(([name, value]) => {
    const got = final.get(name) ?? 'n';
    return got === value ? [] : [`${name}=${value} (is ${got})`];
  });
}

/** Symbol to value; what "is not set" has the value `n`. */
function settingsOf(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (set?.[1]) settings.set(set[1], set[2] ?? '');
    else if (unset?.[1]) settings.set(unset[1], 'n');
  }
  return settings;
}
