// What only the pages of a PDF need; no other page loads it.
import { Application } from "../../vendor/stimulus.js";
import PagesController from "./pages.js";

Application.start().register("pages", PagesController);
