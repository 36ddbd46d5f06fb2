/** Lines that n8n logs only when something was not caught, or is about to leak. */
const ALARMS = /unhandled|uncaught|MaxListenersExceeded|memory leak|out of memory|TypeError|ReferenceError|RangeError/i;

/** What n8n says when it waits in vain to write to its own SQLite file: the disk or the machine has no time for it. */
const STARVED = /^LockAcquireTimeoutError|Database is not ready/;

/** Longer lines are cut, for whoever reads them. */
const SHOWN = 300;

/** What must not be in n8n's log. */
export interface LogFindings {
	/** Lines about faults that nobody caught. */
	alarms: string[];
	/** How many lines hold a secret. The lines themselves stay out of every report. */
	linesWithSecrets: number;
	/** How often n8n could not use its own database in time, so that executions failed. */
	databaseTimeouts: number;
}

/** @param secrets passwords, keys and tokens */
export function findingsIn(log: string, secrets: readonly string[]): LogFindings {
	const lines = log.split('\n');
	const holdsSecret = (line: string) => secrets.some((secret) => line.includes(secret));
	return {
		alarms: lines.filter((line) => ALARMS.test(line) && !holdsSecret(line)).map((line) => line.slice(0, SHOWN)),
		linesWithSecrets: lines.filter(holdsSecret).length,
		databaseTimeouts: lines.filter((line) => STARVED.test(line)).length,
	};
}
