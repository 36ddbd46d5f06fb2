// Installing n8n takes minutes, and belongs to no test. The packages of both editions are packed once for all that only want to
// have them. All that has a process of its own: in that of Jest, Node would get packages as they are compiled for test files
// (test/run/sharedPackages.cjs).
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = async () => {
	const program = join(__dirname, 'installN8n.ts');
	const stdio = ['inherit', 'inherit', 'inherit', 'pipe'];
	const { status, output } = spawnSync(process.execPath, ['--import', 'tsx', program], { stdio, encoding: 'utf8' });
	if (status !== 0) throw new Error('n8n could not be installed, or the packages not be packed');
	[process.env.COGNIGY_TESTS_PACKAGE, process.env.COGNIGY_TESTS_CLOUD_PACKAGE] = output[3].split('\n');
};
