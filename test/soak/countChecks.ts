import type { LogFindings } from './logFindings';
import type { Side } from './side';

/** Something that must have happened, or must not. */
export interface CountCheck {
	what: string;
	found: string;
	isMet: boolean;
	/** Some of what should not be, to begin to look. */
	examples: string[];
}

export interface Outcome {
	sides: readonly Side[];
	/** Sessions that had expired when the load ended, and were never reset. */
	expiredNotReset: number;
	log: LogFindings;
	/** Whether n8n ran until it was stopped. */
	hasN8nSurvived: boolean;
}

/** So many are told. */
const EXAMPLES = 5;

export function countChecksOf({ sides, expiredNotReset, log, hasN8nSurvived }: Outcome): CountCheck[] {
	return [
		...sides.flatMap(checksOfSide),
		check('Expired sessions that were not reset', { bad: expiredNotReset }),
		check('Lines in the log of n8n about faults that nobody caught', { bad: log.alarms }),
		check('Lines in the log of n8n with a password, key or token', { bad: log.linesWithSecrets }),
		check('Times that n8n had to wait too long for its own database', { bad: log.databaseTimeouts }),
		check('n8n ended by itself', { bad: hasN8nSurvived ? 0 : 1 }),
	];
}

function checksOfSide({ name, streams, starts, resets, http, http2Requests }: Side): CountCheck[] {
	const ledgers = Array.from(streams.values(), ({ ledger }) => ledger);
	const messages = ledgers.reduce((sum, { saidCount }) => sum + saidCount, 0);
	return [
		check(`${name}: messages lost`, { bad: ledgers.flatMap(({ lost }) => lost), of: messages }),
		check(`${name}: messages that came out twice`, { bad: ledgers.flatMap(({ twice }) => twice), of: messages }),
		check(`${name}: messages that nobody said`, { bad: ledgers.flatMap(({ foreign }) => foreign), of: messages }),
		check(`${name}: webhooks without an answer`, { bad: starts.unanswered, of: starts.count }),
		check(`${name}: flows started twice for a webhook`, { bad: starts.startedTooOften, of: starts.count }),
		check(`${name}: answers that claim a start which never was`, { bad: starts.claimedOnly, of: starts.succeeded }),
		check(`${name}: resets without an answer`, { bad: resets.unanswered, of: resets.count }),
		{
			what: `${name}: requests over HTTP/2`,
			found: http2Requests.toLocaleString('en'),
			isMet: http2Requests > 0 === (http === '2'),
			examples: [],
		},
	];
}

interface Found {
	/** What should not be, or how many of it there are. */
	bad: readonly string[] | number;
	/** How many there were altogether. Without any, nothing has been checked. */
	of?: number;
}

function check(what: string, { bad, of }: Found): CountCheck {
	const [count, examples] = typeof bad === 'number' ? [bad, []] : [bad.length, bad.slice(0, EXAMPLES)];
	const found = of === undefined ? String(count) : `${count} of ${of.toLocaleString('en')}`;
	return { what, found, isMet: count === 0 && of !== 0, examples };
}
