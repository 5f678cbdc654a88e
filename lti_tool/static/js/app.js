// Everything our pages can do beyond HTML and htmx: one behaviour a file, each named here.
import { Application } from "../vendor/stimulus.js";
import "./chosen_files.js";
import "./plain_buttons.js";
import AutosaveController from "./controllers/autosave.js";
import CommentController from "./controllers/comment.js";
import ConfirmController from "./controllers/confirm.js";
import CopyController from "./controllers/copy.js";
import DialogController from "./controllers/dialog.js";
import FrameController from "./controllers/frame.js";
import MomentController from "./controllers/moment.js";
import MomentInputController from "./controllers/moment_input.js";
import NotingController from "./controllers/noting.js";
import RowsController from "./controllers/rows.js";
import StashController from "./controllers/stash.js";
import StashKeeperController from "./controllers/stash_keeper.js";
import SwapController from "./controllers/swap.js";

const application = Application.start();

application.register("autosave", AutosaveController);
application.register("comment", CommentController);
application.register("confirm", ConfirmController);
application.register("copy", CopyController);
application.register("dialog", DialogController);
application.register("frame", FrameController);
application.register("moment", MomentController);
application.register("moment-input", MomentInputController);
application.register("noting", NotingController);
application.register("rows", RowsController);
application.register("stash", StashController);
application.register("stash-keeper", StashKeeperController);
application.register("swap", SwapController);
