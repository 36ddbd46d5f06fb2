// Waiting costs no processor, so what waits longest has to begin first: a run is over when its last file is. Jest itself
// knows how long files take only where it has run them before, and a fresh clone has not.
const { relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** What has to wait for minutes of the real clock, and what carries a load: first of all, in this order. */
const LONGEST = [
	'test/integration/budget.test.ts',
	'test/faults/ai.test.ts',
	'test/faults/clock.test.ts',
	'test/faults/v1.test.ts',
	'test/faults/registry.test.ts',
	'test/integration/webhookTrigger.test.ts',
	'test/integration/streamMessagesVolume.test.ts',
	'test/unit/client/registry/sqliteRegistry.contract.test.ts',
	'test/redis/faults/matrix.test.ts',
	'test/redis/faults/repeat.test.ts',
	'test/redis/client/processes.test.ts',
	'test/redis/registry/redisRegistry.contract.test.ts',
	'test/e2e/queue/oneFollower.test.ts',
	'test/e2e/liveChanges.test.ts',
	'test/e2e/crash.test.ts',
	'test/e2e/streamedAnswers.test.ts',
	'test/e2e/queue/streams.test.ts',
	'test/e2e/queue/queueMode.test.ts',
	'test/e2e/browser/v1.test.ts',
	'test/e2e/browser/cognigyAi.test.ts',
];

/** Tests in n8n's engine and those with real connections wait more than those of single parts. */
const FOLDERS = ['test/integration/', 'test/security/', 'test/faults/', 'test/redis/', 'test/unit/'];

/** @returns how early a file begins: the smaller, the earlier */
function rankOf(path) {
	const longest = LONGEST.indexOf(path);
	if (longest >= 0) return longest;
	const folder = FOLDERS.findIndex((name) => path.startsWith(name));
	return LONGEST.length + (folder >= 0 ? folder : FOLDERS.length);
}

module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		const rank = ({ path, context }) => rankOf(relative(context.config.rootDir, path));
		// Within a folder as Jest would: what failed, then what took long, then what is long.
		return super.sort([...tests]).sort((one, other) => rank(one) - rank(other));
	}
};
