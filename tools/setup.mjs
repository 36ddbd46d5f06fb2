// Makes `npm run <anything>` work in a fresh clone: installs the locked dependencies when they are missing or out of
// date, and the pinned Node. Says nothing when all is there. Plain JavaScript on Node >= 20, as nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.setup-stamp');
const lockFile = join(root, '.cache', 'setup.pid');
const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const wanted = createHash('sha256')
	.update(readFileSync(join(root, 'package-lock.json')))
	.digest('hex');

const isReady = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted && existsSync(pinnedNode);

if (!isReady()) {
	await takeLock();
	try {
		if (!isReady()) install();
	} finally {
		rmSync(lockFile, { force: true });
	}
}

function install() {
	console.log('Installing the dependencies (once, about a minute) ...');
	// Install scripts of dependencies stay off (.npmrc); only the package that brings the pinned Node needs its own.
	npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
	console.log('Installing the pinned Node ...');
	npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error']);
	if (!existsSync(pinnedNode)) fail(`The package "node" did not bring ${pinnedNode}.`);
	writeFileSync(stampFile, wanted);
}

/** Two commands may be started in a fresh clone at once; the second waits, instead of installing into the same folder. */
async function takeLock() {
	mkdirSync(dirname(lockFile), { recursive: true });
	for (let isWaiting = false; ;) {
		if (tryLock()) return;
		if (!isRunning(lockHolder())) {
			rmSync(lockFile, { force: true });
			continue;
		}
		if (!isWaiting) console.log('Another command is installing the dependencies; waiting for it ...');
		isWaiting = true;
		await sleep(500);
	}
}

/** The file appears with its content, so that nobody takes a lock of this moment for a stale one. */
function tryLock() {
	const draft = `${lockFile}.${process.pid}`;
	writeFileSync(draft, String(process.pid));
	try {
		linkSync(draft, lockFile);
		return true;
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
		return false;
	} finally {
		rmSync(draft, { force: true });
	}
}

function lockHolder() {
	try {
		return Number(readFileSync(lockFile, 'utf8'));
	} catch {
		return 0;
	}
}

function isRunning(pid) {
	// In containers numbers come back: our own one is that of a process that is gone.
	if (!pid || pid === process.pid) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

function npm(args) {
	// npm's own variables of the surrounding `npm run` would override the flags given here.
	const env = Object.fromEntries(
		Object.entries(process.env).filter(([key]) => !/^npm_config_ignore_scripts$/i.test(key)),
	);
	const command = ['npm', ...args].join(' ');
	const { status } = spawnSync(command, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], shell: true });
	if (status !== 0) fail(`"${command}" ended with exit code ${status}.`);
}

function fail(reason) {
	console.error(`${reason} Check the network and the npm registry settings, then run the command again.`);
	rmSync(lockFile, { force: true });
	process.exit(1);
}
