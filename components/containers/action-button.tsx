import { Button } from '../ui/button';

/** Named with what it acts on. Dims but keeps the focus while nothing can be done with it. */
export function ActionButton({
  verb,
  target,
  isBusy = false,
  onPress,
}: {
  verb: string;
  target: string;
  isBusy?: boolean;
  onPress: () => void;
}) {
  return (
    <Button
      aria-label={`${verb} ${target}`}
      aria-disabled={isBusy}
      onClick={() => {
        if (!isBusy) onPress();
      }}
      className="aria-disabled:cursor-not-allowed aria-disabled:opacity-45 aria-disabled:hover:border-line"
    >
      {verb}
    </Button>
  );
}
