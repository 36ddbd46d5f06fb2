import { spawnSync } from 'node:child_process';

it('loads the library when the first socket is dialled', () => {
	const program = `
		require('tsx/cjs');
		require(${JSON.stringify(require.resolve('../../../../../client'))});
		process.stdout.write(String(Object.keys(require.cache).some((file) => file.includes('socket.io-client'))));
	`;
	const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', cwd: __dirname });
	expect([stdout, stderr]).toEqual(['false', '']);
});
