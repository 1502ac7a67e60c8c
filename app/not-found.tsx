import Link from 'next/link';

export default function NotFound() {
  return (
    <>
      <h1 className="text-3xl font-semibold tracking-tight">There is no such page</h1>
      <p className="mt-3 text-muted">
        The address may be mistyped.{' '}
        <Link href="/" className="underline underline-offset-2 hover:text-ink">
          Go to the race
        </Link>
        .
      </p>
    </>
  );
}
