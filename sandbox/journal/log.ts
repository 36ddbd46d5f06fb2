import type { JournalEntry } from './journal';
import { isHttp2, named, timeOfDay } from './logLine';

/** One line for a person to read: what was asked, what came of it, and what the sandbox recognised in it. */
export function formatLogLine(entry: JournalEntry): string {
	const details = [
		isHttp2(entry) && 'HTTP/2',
		named('user', entry.user),
		named('bot', entry.botId),
		named('session', entry.sessionId),
		entry.refusal,
		entry.fault && `fault=${entry.fault} (${entry.ran ? 'the call ran' : 'the call did not run'})`,
	];
	return [
		timeOfDay(entry.time),
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
