import { findingsIn } from '../../soak/logFindings';

const SECRET = 'a-secret-7261';

it('a log of ordinary lines has no findings', () => {
	const log =
		'Cognigy audit {"operation":"triggerFlow","status":"error","errorCategory":"network"}\nEditor is now accessible';
	expect(findingsIn(log, [SECRET])).toEqual({ alarms: [], linesWithSecrets: 0, databaseTimeouts: 0 });
});

it.each([
	'Unhandled promise rejection: no',
	'MaxListenersExceededWarning: Possible EventEmitter memory leak detected.',
	"TypeError: Cannot read properties of undefined (reading 'x')",
	'uncaughtException',
	'FATAL ERROR: JavaScript heap out of memory',
])('finds faults that nobody caught: %s', (line) => {
	expect(findingsIn(`fine\n${line}\nfine`, [SECRET])).toEqual({
		alarms: [line],
		linesWithSecrets: 0,
		databaseTimeouts: 0,
	});
});

it('counts lines with secrets and does not repeat them', () => {
	const log = `token ${SECRET}\nfine\nTypeError: ${SECRET}`;
	expect(findingsIn(log, [SECRET])).toEqual({ alarms: [], linesWithSecrets: 2, databaseTimeouts: 0 });
});

it('counts how often n8n waited in vain for its own database', () => {
	const log = `LockAcquireTimeoutError: Timeout waiting for lock SqliteWriteConnectionMutex to become available
    at SqliteWriteConnection.throwLockTimeoutError
Error in handling webhook request POST /webhook/v1-start: Database is not ready!`;
	expect(findingsIn(log, [SECRET])).toMatchObject({ databaseTimeouts: 2 });
});
