import Link from 'next/link';

export function SiteFooter() {
  return (
    <footer className="mt-16 border-t border-line">
      <div className="mx-auto flex max-w-6xl flex-wrap gap-x-8 gap-y-2 px-4 py-6 text-sm text-muted">
        <p>Everything runs in this tab. Nothing you do here leaves your browser.</p>
        <p>
          <Link href="/numbers/" className="underline underline-offset-2 hover:text-ink">
            What an emulated CPU means for the numbers
          </Link>
        </p>
      </div>
    </footer>
  );
}
