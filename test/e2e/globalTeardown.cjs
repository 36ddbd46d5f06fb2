// Takes away what globalSetup.cjs has packed: it runs before there is a temporary folder of the run.
const { rmSync } = require('node:fs');
const { dirname } = require('node:path');

module.exports = () => {
	for (const tarball of [process.env.COGNIGY_TESTS_PACKAGE, process.env.COGNIGY_TESTS_CLOUD_PACKAGE]) {
		if (tarball) rmSync(dirname(tarball), { recursive: true, force: true });
	}
};
