// @strata/conformance/report: results as JSON, as an HTML page and as a Markdown table. Runs in browsers.
export { type Environment, environment } from './environment.js'
export { reportToHtml } from './html.js'
export { reportToMarkdown } from './markdown.js'
export {
  type BackendReport,
  describeBackend,
  missedOf,
  type PlantedBug,
  passed,
  REPORT_SCHEMA,
  type Report,
  reportToJson,
  type Summary,
  skipsOf,
  summarize,
} from './report.js'
