import { delimiter, dirname } from 'node:path';
import type { N8nInstallation } from './install';
import type { PackageRegistry } from './packageRegistry';
import { n8nReleases } from './releases';

export interface N8nEnvironmentOptions {
	readonly installation: N8nInstallation;
	readonly userFolder: string;
	readonly port: number;
	/** Port on which n8n hands work to its own helper process. */
	readonly brokerPort: number;
	readonly registry?: PackageRegistry;
	readonly caFile?: string;
	/** Added last. A value of undefined takes a variable away. */
	readonly extra?: Readonly<Record<string, string | undefined>>;
}

/**
 * What of our own environment n8n gets to see. All else stays out, so that n8n behaves the same on every machine: other
 * `N8N_…` settings, `NODE_ENV=test` from Jest, proxies.
 */
const inherited = /^(HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TMPDIR)$/;

/** The environment of an n8n that keeps to this machine and asks nobody anything. */
export function n8nEnvironment(options: N8nEnvironmentOptions): Record<string, string> {
	const { installation, port } = options;
	const path = `${dirname(installation.node)}${delimiter}${process.env.PATH ?? ''}`;
	const all: Record<string, string | undefined> = {
		...Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name))),
		PATH: path,

		N8N_USER_FOLDER: options.userFolder,
		N8N_PORT: String(port),
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_RUNNERS_BROKER_PORT: String(options.brokerPort),
		N8N_EDITOR_BASE_URL: `http://127.0.0.1:${port}`,
		WEBHOOK_URL: `http://127.0.0.1:${port}`,
		N8N_ENCRYPTION_KEY: 'only-for-n8n-servers-on-this-machine',
		N8N_SECURE_COOKIE: 'false',
		N8N_LOG_LEVEL: 'info',
		GENERIC_TIMEZONE: 'UTC',
		EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'all',
		EXECUTIONS_DATA_SAVE_ON_ERROR: 'all',

		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',

		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_PYTHON_ENABLED: 'false',
		N8N_AI_ENABLED: 'false',
		N8N_DISABLED_MODULES: n8nReleases[installation.major].disabledModules.join(','),

		...(options.caFile && { NODE_EXTRA_CA_CERTS: options.caFile }),
		...options.registry?.environment(path),
		...options.extra,
	};
	return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
