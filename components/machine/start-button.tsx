import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';

/** Starts something that is downloaded first, and says how much. Cached parts are not downloaded again. */
export function StartButton({
  label,
  bytes,
  ...rest
}: { label: string; bytes: number } & Omit<Parameters<typeof Button>[0], 'children'>) {
  return (
    <Button {...rest}>
      {label}
      <span className="font-normal tabular-nums opacity-80">{formatBytes(bytes)}</span>
    </Button>
  );
}
