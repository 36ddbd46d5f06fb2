const { readdirSync, rmSync } = require('node:fs');

/**
 * What is nobody's fault: the folder of n8n of each test file (test/integration/setup.js), which the engine writes to until
 * its process ends, and what tools keep for their next run.
 */
const EXPECTED = [/^n8n-user-/, /^tsx-/, /^node-compile-cache$/];

/** Fails the run when a test has left something in the temporary folder. In e2e tests n8n and browsers are killed, and may. */
module.exports = async () => {
	const { COGNIGY_TESTS_TMPDIR: folder, COGNIGY_TESTS_OLD_TMPDIR: before } = process.env;
	if (before) process.env.TMPDIR = before;
	else delete process.env.TMPDIR;
	const left = readdirSync(folder).filter((name) => !EXPECTED.some((pattern) => pattern.test(name)));
	rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
	if (left.length > 0 && !process.argv.includes('e2e')) {
		throw new Error(`Tests have left this in the temporary folder: ${left.join(', ')}`);
	}
};
