/** A community package on the npm registry. */
export interface PublishedPackage {
	name: string;
	version: string;
}

/** Well-known community packages: among the most downloaded of those that can be installed without scripts of their own. */
export const others: PublishedPackage[] = [
	{ name: 'n8n-nodes-evolution-api', version: '1.0.4' },
	{ name: '@devlikeapro/n8n-nodes-chatwoot', version: '1.0.2' },
	{ name: 'n8n-nodes-mcp', version: '0.1.37' },
	{ name: 'n8n-nodes-youtube-transcript-api', version: '2.4.3' },
	{ name: '@mendable/n8n-nodes-firecrawl', version: '2.1.2' },
	{ name: 'n8n-nodes-minio', version: '0.1.4' },
];
