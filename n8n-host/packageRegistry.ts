import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { findProgram } from './findProgram';
import { readPackedManifest, type PackageManifest } from './packedPackage';

/** An npm registry on this machine that knows one package, in one version or several. */
export interface PackageRegistry {
	readonly url: string;
	readonly packageName: string;
	/** The latest one. */
	readonly version: string;
	/** Adds a newer version of the package, which is the latest then. */
	publish(tarball: string): Promise<void>;
	/** What an n8n needs in its environment so that it installs from here. `startN8n({registry})` adds it. */
	environment(path: string): Record<string, string>;
	close(): Promise<void>;
}

/** Serves one packed package the way the public npm registry would once it is published. */
export async function startPackageRegistry(tarball: string): Promise<PackageRegistry> {
	const realNpm = findProgram('npm');
	if (!realNpm) throw new Error('npm was not found on the PATH.');
	const { name } = await readPackedManifest(tarball);
	const answers = new Map<string, Buffer>();
	const versions: PublishedVersion[] = [];
	const server = createServer((request, response) => {
		const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
		const answer = answers.get(path);
		response.writeHead(answer ? 200 : 404, {
			'content-type': path.endsWith('.tgz') ? 'application/octet-stream' : 'application/json',
			// npm keeps what it fetched; another package may be served at this address next time
			'cache-control': 'no-store',
		});
		response.end(answer ?? json({ error: `${path} is not in this registry` }));
	});
	server.unref();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo; // a TCP server that listens always has one

	const url = `http://127.0.0.1:${port}`;
	const publish = async (newer: string): Promise<void> => {
		const manifest = await readPackedManifest(newer);
		const content = readFileSync(newer);
		const tarballPath = `/${name}/-/${manifest.version}.tgz`;
		const published = publishedVersion(manifest, `${url}${tarballPath}`, content);
		versions.push(published);
		answers
			.set(tarballPath, content)
			.set(`/${name}`, json(packument(name, versions)))
			.set(`/${name}/${manifest.version}`, json(published))
			.set(`/${name}/latest`, json(published));
	};
	await publish(tarball);

	return {
		url,
		packageName: name,
		get version() {
			return versions.at(-1)?.version ?? '';
		},
		publish,
		environment: (path) => ({
			PATH: `${join(__dirname, 'npm-shim')}${delimiter}${path}`,
			LOOPBACK_REGISTRY: url,
			REAL_NPM: realNpm,
		}),
		close: async () => {
			if (!server.listening) return;
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}

interface PublishedVersion extends PackageManifest {
	readonly _id: string;
	readonly dist: { readonly tarball: string; readonly shasum: string; readonly integrity: string };
}

function publishedVersion(manifest: PackageManifest, tarballUrl: string, content: Buffer): PublishedVersion {
	return {
		...manifest,
		_id: `${manifest.name}@${manifest.version}`,
		dist: {
			tarball: tarballUrl,
			shasum: createHash('sha1').update(content).digest('hex'),
			integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
		},
	};
}

function packument(name: string, versions: readonly PublishedVersion[]) {
	return {
		name,
		'dist-tags': { latest: versions.at(-1)?.version },
		versions: Object.fromEntries(versions.map((published) => [published.version, published])),
	};
}

function json(content: unknown): Buffer {
	return Buffer.from(JSON.stringify(content));
}
