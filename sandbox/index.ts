/** Stand-ins for the Cognigy v1 service and for Cognigy.AI: for the demo, for tests, for trying things out. Imports nothing of ours. */
export { platforms, type Platform } from './cli/platform';
export { startSandbox, type Sandbox } from './server';
export type { SandboxOptions } from './options';
export type { ScriptedBot } from './bots';
export type {
	BotVersion,
	FrameOperation,
	MessageType,
	Operation,
	Permission,
	RestOperation,
	TranscriptMessage,
} from './contract';
export type { Fault, FaultKind, FaultMatch, FaultRequest } from './faults/fault';
export { seededRandom, type RandomFaultsRequest } from './faults/random-faults';
export type { JournalEntry } from './journal';
export type { EndStatus, ReplayStyle } from './mailbox';
export type { RetryAfterForm } from './rate-limit';
export type { RuntimeState } from './runtime-states';
export type { SandboxSession } from './sessions';
export type { ChannelStats, SandboxStats } from './stats';
export { createTlsMaterial, type TlsMaterial } from './tls';
export type { SandboxUser } from './users';

export { startCognigyAiSandbox, type CognigyAiSandbox } from './cognigy-ai/server';
export type { CognigyAiSandboxOptions } from './cognigy-ai/options';
export type { ApiKey, KeyState } from './cognigy-ai/api-keys';
export type {
	AiOutput,
	Channel as CognigyAiChannel,
	Operation as CognigyAiOperation,
	SessionAddress,
} from './cognigy-ai/contract';
export type { EndpointChange, EndpointInfo } from './cognigy-ai/controls';
export type { CognigyAiFaultRequest } from './cognigy-ai/faults/fault';
export type { CognigyAiJournalEntry } from './cognigy-ai/journal-entry';
export type { CognigyAiSession, ConversationEntry } from './cognigy-ai/sessions/sessions';
export type { CognigyAiStats } from './cognigy-ai/stats';
