// One file for each part of the application; a visit loads one language whole.
import charts from './charts.json'
import common from './common.json'
import dashboard from './dashboard.json'
import datasources from './datasources.json'
import editor from './editor.json'
import errors from './errors.json'
import jobs from './jobs.json'
import profile from './profile.json'
import runs from './runs.json'
import session from './session.json'
import shell from './shell.json'
import triggers from './triggers.json'
import views from './views.json'

export default {
  ...charts,
  ...common,
  ...dashboard,
  ...datasources,
  ...editor,
  ...errors,
  ...jobs,
  ...profile,
  ...runs,
  ...session,
  ...shell,
  ...triggers,
  ...views,
}
