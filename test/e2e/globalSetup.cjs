// Installing n8n takes minutes, and belongs to no test. It has a process of its own: in that of Jest, Node would get packages
// as they are compiled for test files (test/run/sharedPackages.cjs).
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = async () => {
	const program = join(__dirname, 'installN8n.ts');
	const { status } = spawnSync(process.execPath, ['--import', 'tsx', program], { stdio: 'inherit' });
	if (status !== 0) throw new Error('n8n could not be installed');
};
