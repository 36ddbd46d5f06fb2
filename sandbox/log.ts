import type { JournalEntry } from './journal';

/** One line for a person to read: what was asked, what came of it, and what the sandbox recognised in it. */
export function formatLogLine(entry: JournalEntry): string {
	const time = new Date(entry.time);
	const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
		.map((part) => String(part).padStart(2, '0'))
		.join(':');
	const details = [
		named('user', entry.user),
		named('bot', entry.botId),
		named('session', entry.sessionId),
		entry.refusal,
		entry.fault && `fault=${entry.fault} (${entry.ran ? 'the call ran' : 'the call did not run'})`,
	];
	return [
		`${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`,
		entry.method.padEnd(4),
		entry.path,
		outcome(entry),
		`${Math.round(entry.durationMs ?? 0)} ms`,
		...details.filter(Boolean),
	].join('  ');
}

function outcome({ status, answered, closeCode }: JournalEntry): string {
	if (status !== null) return String(status);
	if (closeCode !== null) return `closed with ${closeCode}`;
	return answered ? 'answered' : 'no answer';
}

/** Quotes what is not a plain word: what clients send must not be able to make up log lines. */
function named(name: string, value: string | null): string | null {
	if (value === null) return null;
	return `${name}=${/^[\w.@:-]{1,128}$/.test(value) ? value : JSON.stringify(value.slice(0, 128))}`;
}
