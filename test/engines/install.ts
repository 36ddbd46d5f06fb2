import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withInstallLock } from '../../n8n-host/installLock';
import { cacheFolder } from '../../n8n-host/paths';
import { reportToTerminal, withHeartbeat } from '../../n8n-host/progress';
import { runCommand } from '../../n8n-host/runCommand';

/**
 * Installs an n8n engine into the cache folder, unless it is there already. May be called by several processes at once.
 * @param version of n8n-core, one with a manifest beside this file
 * @returns the folder with its node_modules
 */
export async function installEngine(version: string): Promise<string> {
	const folder = join(cacheFolder(), 'engines', version);
	const lock = join(__dirname, version, 'package-lock.json');
	const ready = join(folder, '.ready-lock.json');
	const isReady = () => existsSync(ready) && readFileSync(ready, 'utf8') === readFileSync(lock, 'utf8');
	if (isReady()) return folder;

	mkdirSync(folder, { recursive: true });
	const onWait = () => reportToTerminal(`Another process is installing n8n-core ${version}; waiting for it ...`);
	await withInstallLock(join(folder, '.install-lock'), { onWait }, async () => {
		if (isReady()) return;
		rmSync(ready, { force: true });
		copyFileSync(lock, join(folder, 'package-lock.json'));
		copyFileSync(join(__dirname, version, 'package.json'), join(folder, 'package.json'));
		copyFileSync(join(__dirname, '.npmrc'), join(folder, '.npmrc'));
		reportToTerminal(`Installing n8n-core ${version} (once; usually half a minute) ...`);
		await withHeartbeat(reportToTerminal, 'downloading packages', async () => {
			const outputFile = join(folder, 'install.log');
			await runCommand('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--loglevel=error'], {
				cwd: folder,
				outputFile,
			});
		});
		writeFileSync(ready, readFileSync(lock));
	});
	return folder;
}
