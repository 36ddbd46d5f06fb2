/** Installs and drives a real n8n server. For the demo, the end-to-end tests and the benchmarks. */
export { N8nApiError } from './apiError';
export {
	defaultOwner,
	N8nClient,
	type CredentialTestResult,
	type InstalledCommunityPackage,
	type N8nOwner,
	type StoredCredential,
	type StoredWorkflow,
	type WaitOptions,
} from './client';
export {
	executionError,
	hasEnded,
	nodeItems,
	nodeOutput,
	type EndedExecution,
	type Execution,
	type ExecutionSummary,
} from './execution';
export { freePort } from './freePort';
export { installN8n, type InstallN8nOptions, type N8nInstallation } from './install';
export { installPackage } from './installPackage';
export { installThroughN8n } from './installThroughN8n';
export { startPackageRegistry, type PackageRegistry } from './packageRegistry';
export { packAsVersion, packPackage, readPackedManifest, type PackageManifest } from './packedPackage';
export { cacheFolder, cloudEditionFolder, projectFolder } from './paths';
export type { N8nProcessKind } from './processes';
export type { Report } from './progress';
export { n8nMajors, type N8nMajor } from './releases';
export type { NodeRunError, OutputItem, RunData } from './runData';
export { N8nStartError, startN8n, type N8nExit, type N8nServer, type StartN8nOptions } from './server';
export { parseWorkflow, type WorkflowDefinition, type WorkflowNode } from './workflow';
