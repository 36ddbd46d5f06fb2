import type { CognigyAiJournalEntry } from './journal-entry';

/** One line for a person to read: what was asked, what came of it, and what the sandbox recognised in it. */
export function formatLogLine(entry: CognigyAiJournalEntry): string {
	const { time, via, method, path, status, durationMs, refusal, fault, ran } = entry;
	const details = [
		named('key', entry.key),
		named('endpoint', entry.endpoint),
		named('session', entry.sessionId),
		refusal,
		fault && `fault=${fault} (${ran ? 'it ran' : 'it did not run'})`,
	];
	return [
		time.slice(11, 23),
		via.padEnd(8),
		`${method.padEnd(5)} ${path}`,
		status === null ? (via === 'socket' ? 'taken' : 'no answer') : String(status),
		`${Math.round(durationMs ?? 0)} ms`,
		...details.filter(Boolean),
	].join('  ');
}

/** Quotes what is not a plain word: what clients send must not be able to make up log lines. */
function named(name: string, value: string | null): string | null {
	if (value === null) return null;
	return `${name}=${/^[\w.@:-]{1,128}$/.test(value) ? value : JSON.stringify(value.slice(0, 128))}`;
}
