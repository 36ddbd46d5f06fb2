import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import * as z from 'zod/v4';
import { takeOverCompiled } from './compiledModules';
import { makeEmptyDatabase } from './emptyDatabase';
import { findProgram } from './findProgram';
import { withInstallLock } from './installLock';
import { cacheFolder, pinnedNode, pinnedNodeHeaders, pinnedNodeVersion } from './paths';
import { reportToTerminal, withHeartbeat, type Report } from './progress';
import { n8nMajors, n8nReleases, type N8nMajor } from './releases';
import { runCommand } from './runCommand';

/** An n8n that is ready to be started. */
export interface N8nInstallation {
	readonly major: N8nMajor;
	/** Full version, such as `2.41.1`. */
	readonly version: string;
	/** The Node that runs it. */
	readonly node: string;
	/** n8n's own command, a JavaScript file for that Node. */
	readonly program: string;
	/** An SQLite file with the tables of this n8n and nothing in them; see `provideDatabase`. */
	readonly emptyDatabase: string;
}

export interface InstallN8nOptions {
	/** Takes the progress lines; default: standard error. */
	readonly report?: Report;
	/** Stops the installation. What is done so far is used by the next one. */
	readonly signal?: AbortSignal;
}

const manifestFiles = ['package.json', 'package-lock.json', '.npmrc'];
const nativeModules = ['sqlite3', 'isolated-vm'];

/**
 * Installs n8n into the cache folder, unless it is there already. May be called by several processes at once, and again
 * after an interrupted installation.
 */
export async function installN8n(major: N8nMajor = '2', options: InstallN8nOptions = {}): Promise<N8nInstallation> {
	const release = n8nReleases[major];
	const manifestFolder = join(__dirname, release.manifestFolder);
	const folder = folderOf(major);
	const installation: N8nInstallation = {
		major,
		version: pinnedVersion(manifestFolder),
		node: pinnedNode(),
		program: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
		emptyDatabase: join(folder, 'empty-database.sqlite'),
	};
	const report = options.report ?? reportToTerminal;
	const stamp = stampOf(manifestFolder);
	const packages = new Stamp(join(folder, '.packages-stamp'), stamp);
	const ready = readyStamp(major);
	// Parts of n8n have tables of their own.
	const database = new Stamp(join(folder, '.database-stamp'), `${stamp} ${release.disabledModules.join(',')}`);
	if (ready.isSet() && database.isSet()) return installation;

	const onWait = () => report('Another process is installing n8n; waiting for it ...');
	await withInstallLock(join(folder, '.install-lock'), { onWait, signal: options.signal }, async () => {
		const step: InstallStep = { folder, report, signal: options.signal };
		if (!ready.isSet()) {
			ready.clear();
			report(`Installing n8n ${installation.version} (once; ${release.usualEffort}) ...`);
			if (!packages.isSet()) {
				packages.clear();
				for (const file of manifestFiles) copyFileSync(join(manifestFolder, file), join(folder, file));
				await downloadPackages(step);
				packages.set();
			}
			const others = n8nMajors.filter((other) => other !== major && readyStamp(other).isSet()).map(folderOf);
			await buildNativeModules(step, takeOverCompiled(folder, others));
			ready.set();
			report(`n8n ${installation.version} is installed.`);
		}
		if (!database.isSet()) {
			database.clear();
			await withHeartbeat(report, 'making an empty database', () =>
				makeEmptyDatabase(installation, { outputFile: logFile(step), signal: options.signal }),
			);
			database.set();
		}
	});
	return installation;
}

interface InstallStep {
	readonly folder: string;
	readonly report: Report;
	readonly signal: AbortSignal | undefined;
}

async function downloadPackages(step: InstallStep): Promise<void> {
	// Install scripts stay off; the only two that n8n needs are run by name afterwards.
	await withHeartbeat(step.report, 'downloading packages', () =>
		npm(step, ['ci', '--ignore-scripts', '--loglevel=error']),
	);
}

/** @param ready those that need not be built */
async function buildNativeModules(step: InstallStep, ready: readonly string[]): Promise<void> {
	const headers = pinnedNodeHeaders();
	const missing = nativeModules.filter((name) => !ready.includes(name));
	try {
		await withHeartbeat(step.report, `preparing ${missing.join(' and ')}`, () =>
			npm(step, ['rebuild', ...missing, '--ignore-scripts=false', '--foreground-scripts'], {
				JOBS: String(availableParallelism()),
				...(headers && { npm_config_nodedir: headers }),
			}),
		);
		const load = nativeModules.map((name) => `require('${name}');`).join(' ');
		await runCommand(pinnedNode(), ['-e', load], { cwd: step.folder, outputFile: logFile(step), signal: step.signal });
	} catch (error) {
		step.signal?.throwIfAborted();
		throw new Error(
			`n8n's native modules (${nativeModules.join(', ')}) could not be prepared. Where no ready-made ones can be ` +
				'downloaded they are compiled, which needs Python 3, make and a C++ compiler. ' +
				`${missingBuildTools()} All output: ${logFile(step)}`,
			{ cause: error },
		);
	}
}

async function npm(step: InstallStep, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
	const path = `${dirname(pinnedNode())}${delimiter}${process.env.PATH ?? ''}`;
	await runCommand('npm', args, {
		cwd: step.folder,
		outputFile: logFile(step),
		signal: step.signal,
		env: { ...process.env, PATH: path, ...env },
	});
}

function logFile(step: InstallStep): string {
	return join(step.folder, 'install.log');
}

function missingBuildTools(): string {
	const tools = [['python3'], ['make'], ['c++', 'g++', 'clang++']];
	const missing = tools.filter((names) => !names.some(findProgram)).map(([name]) => name);
	const howTo = 'Debian/Ubuntu: apt-get install python3 make g++. macOS: xcode-select --install.';
	return missing.length > 0 ? `Not found here: ${missing.join(', ')}. ${howTo}` : 'All three were found here.';
}

const manifestSchema = z.object({ dependencies: z.object({ n8n: z.string() }) });

function pinnedVersion(manifestFolder: string): string {
	return manifestSchema.parse(JSON.parse(readFileSync(join(manifestFolder, 'package.json'), 'utf8'))).dependencies.n8n;
}

function folderOf(major: N8nMajor): string {
	return join(cacheFolder(), n8nReleases[major].manifestFolder);
}

/** Set once an n8n is installed as it is pinned now. */
function readyStamp(major: N8nMajor): Stamp {
	return new Stamp(join(folderOf(major), '.ready-stamp'), stampOf(join(__dirname, n8nReleases[major].manifestFolder)));
}

/** Changes whenever another set of packages or another Node is pinned. Native modules fit one Node only. */
function stampOf(manifestFolder: string): string {
	const hash = createHash('sha256');
	for (const file of manifestFiles) hash.update(readFileSync(join(manifestFolder, file)));
	return hash.update(`${pinnedNodeVersion()} ${process.platform} ${process.arch}`).digest('hex');
}

/** A file that says that a step is done, and with what. */
class Stamp {
	constructor(
		private readonly file: string,
		private readonly content: string,
	) {}

	isSet(): boolean {
		return existsSync(this.file) && readFileSync(this.file, 'utf8') === this.content;
	}

	set(): void {
		mkdirSync(dirname(this.file), { recursive: true });
		writeFileSync(this.file, this.content);
	}

	clear(): void {
		rmSync(this.file, { force: true });
	}
}
