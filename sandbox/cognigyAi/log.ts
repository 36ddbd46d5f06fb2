import { isHttp2, named, timeOfDay } from '../journal/logLine';
import type { CognigyAiJournalEntry } from './journalEntry';

/** One line for a person to read: what was asked, what came of it, and what the sandbox recognised in it. */
export function formatLogLine(entry: CognigyAiJournalEntry): string {
	const { time, via, method, path, status, durationMs, refusal, fault, ran } = entry;
	const details = [
		isHttp2(entry) && 'HTTP/2',
		named('key', entry.key),
		named('endpoint', entry.endpoint),
		named('session', entry.sessionId),
		refusal,
		fault && `fault=${fault} (${ran ? 'it ran' : 'it did not run'})`,
	];
	return [
		timeOfDay(time),
		via.padEnd(8),
		`${method.padEnd(5)} ${path}`,
		status === null ? (via === 'socket' ? 'taken' : 'no answer') : String(status),
		`${Math.round(durationMs ?? 0)} ms`,
		...details.filter(Boolean),
	].join('  ');
}
