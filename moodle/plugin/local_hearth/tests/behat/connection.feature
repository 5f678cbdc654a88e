@local @local_hearth
Feature: An administrator connects Moodle with Hearth
  In order that Hearth hears who joins a course
  As an administrator
  I need to set an address and a secret, see how it goes, and let Hearth answer

  Scenario: What is missing is told, and what is wrong is not taken
    Given I log in as "admin"
    When I navigate to "Plugins > Local plugins > Hearth > Connection" in site administration
    Then I should see "Nothing is sent yet: address and secret are missing in the settings."
    And "Send a test" "button" should not exist
    When I follow "Settings of Hearth"
    And I set the field "Address" to "hearth.example"
    And I press "Save changes"
    Then I should see "This is not an address that can be sent to."

  Scenario: Once it is set up it can be tried
    Given the following config values are set as admin:
      | url    | https://hearth.invalid/webhooks/x                  | local_hearth |
      | secret | whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= | local_hearth |
    And I log in as "admin"
    When I navigate to "Plugins > Local plugins > Hearth > Connection" in site administration
    Then I should see "Hearth is told of nothing: in the settings no tool is chosen, or nothing is ticked."
    When I press "Send a test"
    Then I should see "Nobody answered"
    When the following config values are set as admin:
      | everywhere | 1 | local_hearth |
    And I navigate to "Plugins > Local plugins > Hearth > Connection" in site administration
    Then I should see "All is well: Hearth is told of what happens."

  Scenario: The way back is opened and closed
    Given I log in as "admin"
    And I navigate to "Plugins > Local plugins > Hearth > Connection" in site administration
    When I press "Make a token for Hearth"
    Then I should see "It is shown only this once."
    When I navigate to "Plugins > Local plugins > Hearth > Connection" in site administration
    Then I should see "A new token ends the old one at once."
    And I should not see "It is shown only this once."
    When I press "Close the way back"
    Then I should see "Hearth cannot write anything here any more."
