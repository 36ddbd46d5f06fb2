// All that a test run writes below the temporary folder goes into one folder, which every worker and each process that a
// test starts inherits as its temporary folder. teardown.cjs looks what was left in it.
const { chmodSync, mkdtempSync, realpathSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = async () => {
	const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cognigy-tests-'));
	// As any temporary folder: some tests are other users for a moment.
	chmodSync(folder, 0o1777);
	process.env.COGNIGY_TESTS_TMPDIR = folder;
	process.env.COGNIGY_TESTS_OLD_TMPDIR = process.env.TMPDIR ?? '';
	process.env.TMPDIR = folder;
};
