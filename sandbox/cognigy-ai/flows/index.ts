export { echo } from './echo';
export { orderStatus } from './order-status';
export type { FlowInput, FlowReply, ScriptedFlow, ScriptedOutput } from './scripted-flow';
export { shapes } from './shapes';
export { showcase, showcaseTexts } from './showcase';
